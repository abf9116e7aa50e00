"""The API of challenges and bids, by address."""

from kechuang.challenges.api.bids import router as bids
from kechuang.challenges.api.challenges import budget
from kechuang.challenges.api.challenges import router as challenges

routers = [("/challenges", challenges), ("/bids", bids), ("/budget-lines", budget)]
