"""The routes below `/v1/campaigns`."""

from django.urls import path

from fluenzr.api.v1 import campaign_contacts, campaign_launch, campaign_numbers, campaign_simulation, campaigns

urlpatterns = [
    path("campaigns", campaigns.Campaigns.as_view()),
    path("campaigns/<str:campaign_id>", campaigns.OneCampaign.as_view()),
    path("campaigns/<str:campaign_id>/start", campaigns.Start.as_view()),
    path("campaigns/<str:campaign_id>/pause", campaigns.Pause.as_view()),
    path("campaigns/<str:campaign_id>/resume", campaigns.Resume.as_view()),
    path("campaigns/<str:campaign_id>/archive", campaigns.Archive.as_view()),
    path("campaigns/<str:campaign_id>/clone", campaigns.Clone.as_view()),
    path("campaigns/<str:campaign_id>/validate", campaigns.Validate.as_view()),
    path("campaigns/<str:campaign_id>/preview", campaigns.PreviewMails.as_view()),
    path("campaigns/<str:campaign_id>/preflight", campaign_launch.Preflight.as_view()),
    path("campaigns/<str:campaign_id>/test", campaign_launch.Test.as_view()),
    path("campaigns/<str:campaign_id>/simulate", campaign_simulation.Simulate.as_view()),
    path("campaigns/<str:campaign_id>/contacts", campaign_contacts.CampaignContacts.as_view()),
    path("campaigns/<str:campaign_id>/contacts/<str:contact_id>", campaign_contacts.CampaignContact.as_view()),
    path("campaigns/<str:campaign_id>/stats", campaign_numbers.Stats.as_view()),
    path("campaigns/<str:campaign_id>/stats/emails", campaign_numbers.EmailStats.as_view()),
    path("campaigns/<str:campaign_id>/stats/timeline", campaign_numbers.Timeline.as_view()),
    path("campaigns/<str:campaign_id>/activity", campaign_numbers.Activity.as_view()),
]
