"""Labelled pictures come in, screened weights with an honest card go out; nothing here runs in the product.

torch is imported only in this package and only inside the modules that need it, so that `evaluate`, `card` and the
command group work on a machine without it. It refuses to ship weights trained on a source without a stated licence.
"""
