"""What leaves the house: messages over channels that fail, with receipts; evidence packs; documents that stand up.

In: ``casework.called`` and ``casework.changed``. Out: deliveries and their receipts; an acknowledgement goes back
through casework's service. Refuses: an address that the outbound guard refuses, a message twice, silence about one that
did not arrive; a document that says what nobody knows, has no number of its own, or could be changed afterwards.
"""
