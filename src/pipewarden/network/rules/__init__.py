"""Pure decisions of the network slice, one module per question.

Nothing is re-exported: importing ``kernel`` or ``chance`` costs numba's start, which only a question should pay.
"""
