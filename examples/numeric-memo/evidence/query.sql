-- run against the card transactions of 2025, read-only replica, 2026-01-09T08:12:44Z
select date_trunc('quarter', day) as quarter, count(*) as transactions, sum(amount_cents) / 100.0 as volume_eur
  from card_transactions
 where day >= date '2025-01-01' and day < date '2026-01-01'
 group by 1 order by 1;
