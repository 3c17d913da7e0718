"""Who earned what, by which dated rule, and out of whose budget: pay rules, rewards on hold, budgets, metered calls.

In: wishes for a reward and points of ``field``, reviews that counted, of ``judge``; what a site turned out to be, of
``casework``; calls of a paid capability. Out: orders to the book (``ledger``), a wallet per person, payouts, messages
to whom they concern. Refuses: money from nowhere (a tenant's budget pays, and what does not fit is refused and never
overdrawn), a second payment for one case and kind, and payment before the hold has run out.
"""
