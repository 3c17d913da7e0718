"""What leaves the house: messages over channels that fail, with receipts, until a person is known to have got them.

In: ``casework.called`` and ``casework.changed``. Out: deliveries and their receipts; an acknowledgement goes back
through casework's service. Refuses: an address that the outbound guard refuses, a message twice, silence about one that
did not arrive.
"""
