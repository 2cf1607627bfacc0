"""The rows of the table: key -> (module, whether it is told the families and the sign)."""

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
