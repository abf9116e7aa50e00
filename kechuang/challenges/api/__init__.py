"""The API of challenges and bids, by address."""

from kechuang.challenges.api.bids import router as bids
from kechuang.challenges.api.challenges import budget
from kechuang.challenges.api.challenges import router as challenges
from kechuang.challenges.api.custody import bids as envelopes
from kechuang.challenges.api.custody import challenges as custody
from kechuang.challenges.api.gates import router as gates
from kechuang.challenges.api.inside import router as inside

routers = [
    ("/challenges", challenges), ("/challenges", inside), ("/challenges", custody),
    ("/challenges", gates),
    ("/bids", bids), ("/bids", envelopes),
    ("/budget-lines", budget),
]  # fmt: skip
