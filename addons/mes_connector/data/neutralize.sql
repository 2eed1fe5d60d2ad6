-- A copied database must not talk to real machines: every system goes back to draft, without address or keys.
UPDATE mes_system SET state = 'draft', endpoint_url = NULL;
DELETE FROM mes_credential;
