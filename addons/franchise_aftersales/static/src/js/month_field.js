import { registry } from "@web/core/registry";
import { DateTimeField, dateField } from "@web/views/fields/datetime/datetime_field";

/** A date that stands for its month, written as the month: 2026年10月, October 2026. */
export class MonthField extends DateTimeField {
    getFormattedValue(valueIndex) {
        const value = this.values[valueIndex];
        return value ? value.toLocaleString({ year: "numeric", month: "long" }) : "";
    }
}

registry.category("fields").add("franchise_month", { ...dateField, component: MonthField });
