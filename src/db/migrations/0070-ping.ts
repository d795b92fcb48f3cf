/**
 * One signal of an agent as one statement. The row's lock orders signals and sweeps of one profile; times are the
 * database's. What a signal can't decide by itself (calendars, incidents) is left to the sweep: look_at says when it is
 * worth a look, never later than the true deadline.
 */
export const ping = `
CREATE FUNCTION watchdog_ping(p_org text, p_profile text, p_signal text, p_token text, p_message text)
RETURNS TABLE (o_outcome text, o_health text, o_paused boolean, o_muted boolean, o_fell boolean, o_retry_after integer) LANGUAGE plpgsql AS $$
DECLARE
  w watchdogs%ROWTYPE; t timestamptz; before text; fell boolean := false; fresh boolean; repeats boolean;
BEGIN
  PERFORM set_config('app.org_id', p_org, true);
  SELECT x.* INTO w FROM watchdogs x WHERE x.org_id = p_org AND x.profile_id = p_profile FOR UPDATE;
  IF NOT FOUND THEN RETURN QUERY SELECT 'unknown', '', false, false, false, 0; RETURN; END IF;
  IF EXISTS (SELECT 1 FROM agent_profiles a WHERE a.org_id = p_org AND a.id = p_profile AND a.state = 'retired') THEN
    RETURN QUERY SELECT 'retired', w.health, w.paused, w.muted, false, 0; RETURN;
  END IF;
  t := clock_timestamp();
  before := w.health;
  fresh := w.window_start IS NOT NULL AND w.window_start > t - interval '60 seconds';
  IF fresh AND w.window_count >= 60 THEN
    RETURN QUERY SELECT 'limited', w.health, w.paused, w.muted, false,
      greatest(1, ceil(extract(epoch FROM w.window_start + interval '60 seconds' - t))::integer);
    RETURN;
  END IF;
  w.window_count := CASE WHEN fresh THEN w.window_count + 1 ELSE 1 END;
  w.window_start := CASE WHEN fresh THEN w.window_start ELSE t END;
  IF p_signal NOT IN ('log', 'anomaly') THEN
    repeats := p_token IS NOT NULL AND p_token IS NOT DISTINCT FROM w.progress_token;
    w.last_signal_at := t;
    w.last_signal := p_signal;
    IF p_signal IN ('start', 'alive') OR (p_token IS NOT NULL AND NOT repeats) THEN w.progress_at := t; END IF;
    w.progress_token := coalesce(p_token, w.progress_token);
    IF w.paused AND w.auto_resume THEN w.paused := false; w.baseline_at := t; END IF;
    IF NOT w.paused THEN
      IF p_signal = 'fail' THEN
        w.good_signals := 0; w.started_at := NULL; w.progress_at := NULL; w.progress_token := NULL;
        IF w.health NOT IN ('down', 'stuck') THEN
          fell := true; w.episode := w.episode + 1; w.fell_at := t; w.fell_because := 'fail';
        END IF;
        w.health := 'down';
      ELSIF p_signal = 'start' THEN
        w.started_at := t;
        IF w.health NOT IN ('down', 'stuck') THEN w.health := 'started'; END IF;
      ELSE
        IF p_signal = 'success' THEN w.started_at := NULL; w.progress_at := NULL; w.progress_token := NULL; END IF;
        IF w.health IN ('down', 'stuck') THEN
          IF NOT (w.health = 'stuck' AND repeats) THEN w.good_signals := w.good_signals + 1; END IF;
          IF w.good_signals >= w.recover_after THEN w.health := CASE WHEN w.started_at IS NULL THEN 'up' ELSE 'started' END; END IF;
        ELSE
          w.health := CASE WHEN w.started_at IS NULL THEN 'up' ELSE 'started' END;
        END IF;
      END IF;
      w.look_at := CASE
        WHEN fell OR w.mode = 'cron' OR (before IN ('down', 'stuck') AND w.health NOT IN ('down', 'stuck')) THEN t
        ELSE least(
          CASE WHEN w.mode = 'heartbeat' THEN t + make_interval(secs => w.period_seconds) END,
          w.progress_at + make_interval(secs => w.stuck_after_seconds)) END;
    END IF;
  END IF;
  IF w.health <> before THEN w.health_at := t; END IF;
  UPDATE watchdogs x SET window_start = w.window_start, window_count = w.window_count, last_signal_at = w.last_signal_at,
    last_signal = w.last_signal, started_at = w.started_at, progress_at = w.progress_at, progress_token = w.progress_token,
    paused = w.paused, baseline_at = w.baseline_at, good_signals = w.good_signals, episode = w.episode, fell_at = w.fell_at,
    fell_because = w.fell_because, health = w.health, health_at = w.health_at, look_at = w.look_at
    WHERE x.profile_id = p_profile;
  IF w.health <> before OR p_signal IN ('log', 'anomaly', 'fail') OR p_message IS NOT NULL THEN
    INSERT INTO agent_health_events (org_id, profile_id, at, kind, because, message)
      VALUES (p_org, p_profile, t, CASE WHEN w.health <> before THEN w.health ELSE p_signal END, 'signal ' || p_signal, p_message);
  END IF;
  RETURN QUERY SELECT 'taken', w.health, w.paused, w.muted, fell, 0;
END $$;

CREATE FUNCTION watchdog_ping_url(p_hash text, p_signal text, p_token text)
RETURNS TABLE (o_org text, o_profile text, o_outcome text, o_health text, o_paused boolean, o_muted boolean, o_fell boolean, o_retry_after integer)
LANGUAGE plpgsql AS $$
DECLARE w watchdogs%ROWTYPE;
BEGIN
  PERFORM set_config('app.token_hash', p_hash, true);
  SELECT x.* INTO w FROM watchdogs x WHERE x.ping_hash = p_hash;
  IF NOT FOUND THEN RETURN QUERY SELECT '', '', 'unknown', '', false, false, false, 0; RETURN; END IF;
  RETURN QUERY SELECT w.org_id, w.profile_id, p.* FROM watchdog_ping(w.org_id, w.profile_id, p_signal, p_token, NULL) p;
END $$;
`;
