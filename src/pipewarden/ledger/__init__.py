"""A double-entry book: accounts by address, postings that never change, holds, balances, one chain over all of it.

In: orders to move, hold, settle, void or reverse amounts, each with a key that is good for one transfer for ever. Out:
transfers, balances, statements that always sum. Refuses: an account below nothing, an amount that is not a whole number
of the smallest unit, a key used for something else, a hold settled twice. It knows no experts and no cases.
"""
