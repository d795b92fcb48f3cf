/**
 * What every command asks, as one statement instead of a transaction of four: the function enters the organization for
 * its own statement only, and row-level security holds inside it.
 */
export const scopedReads = `
CREATE FUNCTION applied_command(p_org text, p_command uuid) RETURNS SETOF applied_commands LANGUAGE plpgsql AS $$ BEGIN
  PERFORM set_config('app.org_id', p_org, true);
  RETURN QUERY SELECT * FROM applied_commands WHERE org_id = p_org AND command_id = p_command;
END $$;
`;
