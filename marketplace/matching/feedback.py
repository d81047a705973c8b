"""What the answers that an offer got so far say of how well needs suit it. Pure."""

USUAL = 0.75
"""The share of needs wanted, among those wanted and those declined as unsuitable, that says
nothing for or against an offer: a newcomer stands there."""
WEIGHT_OF_USUAL = 8
"""So many answers count as much as what is usual: a few prove little."""


def feedback(accepted: int, unsuited: int) -> float:
    """Between -1 and 1/3, and 0 for who said nothing yet or answers as is usual.

        share = (accepted + 8 * 0.75) / (accepted + unsuited + 8)
        feedback = (share - 0.75) / 0.75

    How many needs were wanted lifts an offer no higher than 1/3, however many they are, so that
    being known is no head start; the ranking multiplies it by 0.05. Awards do not count.
    """
    said = accepted + unsuited
    share = (accepted + WEIGHT_OF_USUAL * USUAL) / (said + WEIGHT_OF_USUAL)
    return (share - USUAL) / USUAL
