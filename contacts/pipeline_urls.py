"""Addresses of the pipeline."""

from django.urls import path

from contacts.views import pipeline, stages

app_name = "pipeline"
urlpatterns = [
    path("pipeline/", pipeline.board, name="board"),
    path("pipeline/statistics", pipeline.statistics, name="statistics"),
    path("pipeline/contacts/<str:contact_id>/", pipeline.chosen, name="chosen"),
    path("pipeline/contacts/<str:contact_id>/stage", pipeline.move, name="move"),
    path("pipeline/contacts/<str:contact_id>/value", pipeline.appraise, name="appraise"),
    path("pipeline/stages/", stages.listed, name="stages"),
    path("pipeline/stages/new", stages.new, name="stage-new"),
    path("pipeline/stages/currency", stages.currency, name="currency"),
    path("pipeline/stages/<str:stage_id>/edit", stages.edit, name="stage-edit"),
    path("pipeline/stages/<str:stage_id>/shift", stages.shift, name="stage-shift"),
    path("pipeline/stages/<str:stage_id>/delete", stages.delete, name="stage-delete"),
]
