/** The platform as an organization of its own: it has no members, issues the receipts of key events, and has the incidents of the log. */
export const PLATFORM_ORG = `org_${'0'.repeat(26)}`;
