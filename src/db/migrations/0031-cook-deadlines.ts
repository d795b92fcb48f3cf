/**
 * When a cook began to wait, when it must be over, and when the sweep looks at it next. The worker marks what it looked
 * at, and asks the cooks of a draining runner for a checkpoint; everything else about a cook stays its organization's.
 */
export const cookDeadlines = `
ALTER TABLE cooks
  ADD COLUMN queued_at timestamptz(3) NOT NULL DEFAULT now(),
  ADD COLUMN deadline_at timestamptz(3),
  ADD COLUMN look_at timestamptz(3) NOT NULL DEFAULT now() + interval '1 minute';
UPDATE cooks SET queued_at = created_at;
DROP INDEX cooks_open, cooks_waiting;
CREATE INDEX cooks_look ON cooks (look_at) WHERE state NOT IN ('completed', 'failed', 'cancelled', 'expired');
CREATE INDEX cooks_deadline ON cooks (deadline_at)
  WHERE deadline_at IS NOT NULL AND state NOT IN ('completed', 'failed', 'cancelled', 'expired');
CREATE INDEX cooks_urgent ON cooks (priority DESC, created_at) WHERE state = 'queued';
CREATE INDEX cooks_queued ON cooks (queued_at) WHERE state = 'queued';
CREATE INDEX cooks_queues ON cooks (queue, state) WHERE state NOT IN ('completed', 'failed', 'cancelled', 'expired');
GRANT UPDATE (look_at, checkpoint_requested_at) ON cooks TO dc_worker;
CREATE POLICY sweep_mark ON cooks FOR UPDATE TO dc_worker USING (true);
`;
