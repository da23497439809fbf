"""What is opened and settled changes no index, and nothing is checked that who writes it holds.

PostgreSQL writes the table of messages anew for `place`, so its indexes are made in the same go: the product stands
still for a migration anyway (docs/operations/running.md).
"""

import django.db.models.deletion
import fluenzr.core.ids
from django.db import migrations, models
from django.utils import timezone


OPEN = ("claimed", "sending")


def take_over(apps, schema_editor):
    """Give each sender one claim for what it holds of an account, with the lease that ends first."""
    Message, Claim = apps.get_model("campaigns", "Message"), apps.get_model("campaigns", "Claim")
    held = Message.objects.filter(state__in=OPEN)
    leases = held.values_list("owner", "account").annotate(until=models.Min("lease_until")).order_by("owner", "account")
    for owner, account, until in list(leases):
        claim = Claim.objects.create(owner=owner, account_id=account, lease_until=until or timezone.now())
        held.filter(owner=owner, account=account).update(claim=claim)


def hand_back(apps, schema_editor):
    """Let the leases run out now: recovery looks at each message."""
    apps.get_model("campaigns", "Message").objects.filter(state__in=OPEN).update(lease_until=timezone.now())


def leave_room(apps, schema_editor):
    """Have PostgreSQL leave room in a page: no index changes only where the next version of a row stands beside it."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE campaigns_message SET (fillfactor = 50)")
        # Of a table that it never looked at, it takes hundreds of rows for granted.
        schema_editor.execute("ANALYZE campaigns_claim")


def fill_pages(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE campaigns_message RESET (fillfactor)")


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0014_lighter_messages'),
        ('contacts', '0015_words'),
        ('mailboxes', '0002_initial'),
        ('workspaces', '0002_invitations_and_saved_views'),
    ]

    operations = [
        migrations.CreateModel(
            name='Claim',
            fields=[
                ('id', fluenzr.core.ids.KeyField(prefix='', serialize=False)),
                ('owner', models.CharField(max_length=160)),
                ('lease_until', models.DateTimeField()),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailboxes.account')),
            ],
        ),
        migrations.RemoveIndex(
            model_name='message',
            name='message_leased',
        ),
        migrations.RemoveIndex(
            model_name='message',
            name='message_uncertain',
        ),
        migrations.RemoveIndex(
            model_name='message',
            name='message_recipient',
        ),
        migrations.RemoveIndex(
            model_name='message',
            name='message_campaign',
        ),
        migrations.RemoveIndex(
            model_name='message',
            name='message_queued',
        ),
        migrations.RemoveIndex(
            model_name='message',
            name='message_slotless',
        ),
        migrations.AlterField(
            model_name='enrolment',
            name='account',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='mailboxes.account'),
        ),
        migrations.AlterField(
            model_name='message',
            name='contact',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='messages', to='contacts.contact'),
        ),
        migrations.AlterField(
            model_name='message',
            name='enrolment',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='campaigns.enrolment'),
        ),
        migrations.AddField(
            model_name='message',
            name='claim',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='messages', to='campaigns.claim'),
        ),
        migrations.RunPython(take_over, hand_back),
        migrations.RemoveField(
            model_name='message',
            name='lease_until',
        ),
        migrations.AddField(
            model_name='message',
            name='place',
            field=models.GeneratedField(db_persist=True, expression=models.Case(models.When(state='queued', then=models.Value('waiting')), models.When(state='cancelled', then=models.Value('back')), default=None), output_field=models.CharField(max_length=10, null=True)),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('has_slot', True), ('place', 'waiting')), fields=['account', 'not_before'], name='message_queued'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('has_slot', False), ('place', 'waiting')), fields=['account', 'campaign', 'not_before'], name='message_slotless'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(fields=['recipient_hash'], name='message_recipient'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(fields=['campaign', 'place'], name='message_campaign'),
        ),
        migrations.RunPython(leave_room, fill_pages),
    ]
