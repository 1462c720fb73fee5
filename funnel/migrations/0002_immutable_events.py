from django.db import migrations

# Events are facts. The only way to remove one is to record its removal in the same
# transaction, which is what remove_funnel_events does.
FORWARD = """
CREATE FUNCTION refuse_funnel_event_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT 1 FROM funnel_event_removals removal
        WHERE removal.event_id = OLD.id
          AND removal.transaction = pg_current_xact_id()::text::bigint
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'funnel events are immutable'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER funnel_events_are_immutable
    BEFORE UPDATE OR DELETE ON funnel_events
    FOR EACH ROW EXECUTE FUNCTION refuse_funnel_event_change();
CREATE FUNCTION remove_funnel_events(event_ids bigint[], reason text, removed_by text)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE removed bigint;
BEGIN
    INSERT INTO funnel_event_removals (event_id, reason, removed_by, transaction)
        SELECT unnest(event_ids), reason, removed_by, pg_current_xact_id()::text::bigint;
    DELETE FROM funnel_events WHERE id = ANY (event_ids);
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END $$;
"""
BACKWARD = """
DROP TRIGGER funnel_events_are_immutable ON funnel_events;
DROP FUNCTION remove_funnel_events(bigint[], text, text);
DROP FUNCTION refuse_funnel_event_change();
"""


class Migration(migrations.Migration):
    dependencies = [("funnel", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
