"""Pages of the reviews: experts' reviews and seats, panels and their steps."""

from django.urls import path

from kechuang.reviews.pages import dealing, draws, experts, panels, steps

urls = [
    path("reviews/", experts.reviews, name="reviews"),
    path("reviews.csv", experts.reviews_csv, name="reviews-csv"),
    path("reviews/panels/", panels.panels, name="panels"),
    path("reviews/panels.csv", panels.panels_csv, name="panels-csv"),
    path("reviews/panels/<str:number>/", panels.panel, name="panel"),
    path("reviews/panels/<str:number>/officers/", steps.panel_officers, name="panel-officers"),
    path("reviews/panels/<str:number>/experts/", steps.panel_experts, name="panel-experts"),
    path("reviews/panels/<str:number>/consensus/", steps.panel_consensus, name="panel-consensus"),
    path("reviews/panels/<str:number>/phases/", steps.panel_phases, name="panel-phases"),
    path("reviews/panels/<str:number>/finish/", steps.panel_finish, name="panel-finish"),
    path("reviews/panels/<str:number>/cancel/", steps.panel_cancel, name="panel-cancel"),
    path("reviews/panels/<str:number>/minutes/", panels.panel_minutes, name="panel-minutes"),
    path(
        "reviews/panels/<str:number>/minutes.json", panels.panel_minutes_json,
        name="panel-minutes-json",
    ),
    path("reviews/panels/<str:number>/draw-operator/", draws.operator, name="draw-operator"),
    path("reviews/panels/<str:number>/draw/", draws.fix, name="panel-draw"),
    path("reviews/panels/<str:number>/deal/", dealing.deal, name="panel-deal"),
    path(
        "reviews/assignments/<str:number>/problem.json", dealing.problem,
        name="assignment-problem",
    ),
    path(
        "reviews/assignments/<str:number>/result.json", dealing.result, name="assignment-result"
    ),
    path("reviews/draws/<str:number>/", draws.draw, name="draw"),
    path("reviews/draws/<str:number>/record.json", draws.record, name="draw-record"),
    path("reviews/draws/<str:number>/commit/", draws.commit, name="draw-commit"),
    path("reviews/draws/<str:number>/reveal/", draws.reveal, name="draw-reveal"),
    path("reviews/draws/<str:number>/value/", draws.value, name="draw-value"),
    path("reviews/draws/<str:number>/cancel/", draws.cancel, name="draw-cancel"),
    path("reviews/seats/<str:number>/", experts.seat, name="seat"),
    path("reviews/seats/<str:number>/accept/", experts.seat_accept, name="seat-accept"),
    path("reviews/seats/<str:number>/refuse/", experts.seat_refuse, name="seat-refuse"),
    path("reviews/seats/<str:number>/release/", steps.seat_release, name="seat-release"),
    path("reviews/conflicts/<str:number>/", steps.conflict, name="conflict"),
    path("reviews/<str:number>/", experts.review, name="review"),
    path("reviews/<str:number>/declare/", experts.review_declare, name="review-declare"),
    path("reviews/<str:number>/score/", experts.review_score, name="review-score"),
    path("reviews/<str:number>/score/autosave/", experts.review_autosave, name="review-autosave"),
    path("reviews/<str:number>/explain/", experts.review_explain, name="review-explain"),
    path("reviews/<str:number>/recuse/", experts.review_recuse, name="review-recuse"),
    path("reviews/<str:number>/reopen/", experts.review_reopen, name="review-reopen"),
]  # fmt: skip
