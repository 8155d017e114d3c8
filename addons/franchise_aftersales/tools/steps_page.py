"""The manual's page of steps, `docs/steps.md`, worked out from the documents' tables of transitions."""

from typing import NamedTuple

HEAD = """# Steps: which document goes where, and who may take it there

Written by `scripts/manual.sh` from the models' `_transitions`; a test fails when this page is outdated. Nothing else
changes the status of a document. What each role may read and write besides is in [access.md](access.md).
"""


class Step(NamedTuple):
    """One allowed step; states are technical values, `role` is the group's name."""

    action: str
    sources: tuple[str, ...]
    target: str
    role: str


class Document(NamedTuple):
    """One model with a table of transitions; `states` are {value: label} in their order."""

    model: str
    title: str
    initial: str
    states: dict[str, str]
    steps: tuple[Step, ...]


def documents(env):
    """All documents of the registry, by model name, in English."""
    env = env(context={**env.context, "lang": "en_US"})
    found = []
    for name in sorted(env.registry):
        model = env[name]
        if model._abstract or not getattr(model, "_transitions", None):
            continue
        steps = tuple(
            Step(action, step.sources, step.target, env.ref(step.group).sudo().name)
            for action, step in model._transitions.items()
        )
        states = dict(model._fields["state"]._description_selection(env))
        found.append(Document(name, model._description, model.default_get(["state"])["state"], states, steps))
    return found


def page(found):
    """Text of the page about these documents: a table of contents, then a table and a diagram each."""
    lines = [HEAD]
    lines += [f"- [{document.title}](#{document.model.replace('.', '')}) (`{document.model}`)" for document in found]
    for document in found:
        label = document.states
        lines += [
            "",
            f'<a id="{document.model.replace(".", "")}"></a>',
            "",
            f"## {document.title}",
            "",
            f"`{document.model}` starts as {label[document.initial]}.",
            "",
            "| step | from | to | role |",
            "| --- | --- | --- | --- |",
        ]
        lines += [
            f"| {step.action.replace('_', ' ')} | {', '.join(label[source] for source in step.sources)} "
            f"| {label[step.target]} | {step.role} |"
            for step in document.steps
        ]
        lines += ["", "```mermaid", "stateDiagram-v2"]
        lines += [f'    state "{text}" as {value}' for value, text in label.items()]
        lines.append(f"    [*] --> {document.initial}")
        lines += [
            f"    {source} --> {step.target}: {step.action.replace('_', ' ')}"
            for step in document.steps
            for source in step.sources
        ]
        lines.append("```")
    return "\n".join(lines) + "\n"
