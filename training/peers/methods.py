"""The rows of the table: key -> (module, whether it is told the families and the sign).

A method is a module with
- NAME, and TOLD_NAME, which is added where it is told;
- GRID, {threshold: values to try, the paper's first}, and TOLD, the thresholds that are idle where it is told;
- wanted(models), a test of (name, tensor) for what it reads, or neurons(models), the rows that it reads;
- measure(models, reader, choices), all that it takes from the weights; choices are the settings that may be asked for;
- decide(models, measured, dates, settings, told), its claims; dates are seconds, all zero where they are hidden.
"""

from . import atlas, bits, control, mother, tensorlock

METHODS = {
    "mother": (mother, False),
    "mother-told": (mother, True),
    "atlas": (atlas, False),
    "bits": (bits, False),
    "tensorlock": (tensorlock, False),
    "tensorlock-told": (tensorlock, True),
    "control": (control, False),
}
