/** The newest migration this code needs; a process on an older schema is not ready. */
export const SCHEMA_VERSION = '0015_alerts.sql'
