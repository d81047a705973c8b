"""What the scores of a list hang on, the offers listed set aside. Pure."""

from hashlib import blake2b

import numpy as np

from marketplace.matching.index import Index
from marketplace.matching.shapes import Need
from marketplace.matching.wish import said_by


def basis_of(index: Index, need: Need) -> str:
    """A mark of the weights, of the need on its day, and of how rare its words are.

    Two rankings of the same basis differ only in the structures whose own offers differ. An
    offer that gains or loses one of the need's words makes it rarer or less rare for all.
    """
    documents = index.documents
    asked = documents.terms_asked(said_by(need))
    rarity = documents.rarity(np.fromiter(asked, np.int32, len(asked))).tolist()
    words = sorted(
        (documents.stem_of[term], word, rare)
        for (term, word), rare in zip(asked.items(), rarity, strict=True)
    )
    marked = repr((index.weights.version, need, words))
    return blake2b(marked.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
