from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    franchise_grade_a_from = fields.Float(
        string="Class A From", digits=(5, 2), default=80.0, help="Points of a review's total from which the class is A."
    )
    franchise_grade_b_from = fields.Float(
        string="Class B From", digits=(5, 2), default=60.0, help="Points from which the class is B; below it is C."
    )

    _franchise_grades = models.Constraint(
        "CHECK (franchise_grade_b_from > 0 AND franchise_grade_b_from < franchise_grade_a_from"
        " AND franchise_grade_a_from <= 100)",
        "Class B starts above 0 points, class A above class B and at most at 100.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    franchise_grade_a_from = fields.Float(related="company_id.franchise_grade_a_from", readonly=False)
    franchise_grade_b_from = fields.Float(related="company_id.franchise_grade_b_from", readonly=False)
