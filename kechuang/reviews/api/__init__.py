"""The API of panels, seats, conflicts and reviews: the same verbs as the pages."""

from kechuang.reviews.api.draws import draws
from kechuang.reviews.api.panels import panels
from kechuang.reviews.api.reviews import conflicts, fences, reviews, seats

# The longer addresses first: `/reviews/{number}` takes whatever is left.
routers = [
    ("/reviews/draws", draws), ("/reviews/panels", panels), ("/reviews/seats", seats),
    ("/reviews/conflicts", conflicts),
    ("/reviews/fences", fences), ("/reviews", reviews),
]  # fmt: skip
