/** Sweeps and the catalogs open incidents with links, and see whose grants and pins a withdrawal meets. */
export const incidentSources = `
GRANT SELECT, INSERT ON incident_links TO dc_worker;
CREATE POLICY sweep ON incident_links FOR ALL TO dc_worker USING (true);
GRANT SELECT (org_id) ON dataset_grants TO dc_worker;
GRANT SELECT (org_id, slug, revision, state) ON model_pins TO dc_worker;
CREATE POLICY withdrawal ON model_pins FOR SELECT TO dc_worker USING (true);
`;
