-- A desk of made-up cases for bench/desk.py: stores, reps, customers, loans, cases, a little history.
INSERT INTO people_region (name) VALUES ('R');
INSERT INTO people_store (code, name, region_id)
  SELECT 'S' || lpad(s::text, 3, '0'), '门店' || s, (SELECT min(id) FROM people_region) FROM generate_series(1, %(stores)s) s;
INSERT INTO people_user (password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined,
    role, store_id, full_name, language, capacity_minutes)
  SELECT '!', false, 'rep' || u, '', '', '', false, true, now(), 'rep',
    (SELECT id FROM people_store WHERE code = 'S' || lpad((u %% %(stores)s + 1)::text, 3, '0')), '员工' || u, 'zh-hans', 360
  FROM generate_series(1, %(reps)s) u;
INSERT INTO compliance_person (key) SELECT 'bench-' || n FROM generate_series(1, %(cases)s) n;
INSERT INTO casework_customer (customer_id, person_id, store_id, name, id_number, sex, marital_status, occupation, employer,
    address, city, zone, language, vulnerable)
  SELECT 'C' || n, 'bench-' || n, u.store_id, '客户' || n, '000000' || lpad(n::text, 12, '0'), 'F', '已婚', '职员', '某单位',
    '某地址', '某市', 'Asia/Shanghai', 'zh', n %% 50 = 0
  FROM generate_series(1, %(cases)s) n JOIN people_user u ON u.username = 'rep' || (n %% %(reps)s + 1);
INSERT INTO casework_contactpoint (customer_id, phone, phone_end, relation, name, place, rank)
  SELECT id, '100' || lpad((id * 3 + k)::text, 8, '0'), right((id * 3 + k)::text, 4),
    (ARRAY['self', 'self', 'spouse'])[k + 1], '', (ARRAY['mobile', 'work', 'mobile'])[k + 1], k
  FROM casework_customer, generate_series(0, 2) k;
INSERT INTO casework_loan (loan_id, customer_id, product, goods, currency, principal_minor, opened_on, term, debit_account,
    pays_corporate, wants_early_settlement, dpd, bucket, overdue_minor, oldest_unpaid_due, next_due, next_due_minor,
    outstanding_minor, outstanding_principal_minor, outstanding_interest_minor, outstanding_fee_minor,
    outstanding_penalty_minor, outstanding_late_fee_minor, last_payment_on, last_payment_minor, times_late, lateness, schedule)
  SELECT 'L' || c.id, c.id, '消费贷', '手机', 'CNY', 1200000, %(day)s::date - 200, 12, '8888', false, false,
    c.id %% 60, CASE WHEN c.id %% 60 = 0 THEN 'C' WHEN c.id %% 60 <= 30 THEN 'M1' ELSE 'M2' END, 110000, %(day)s::date - 20,
    %(day)s::date + 10, 110000, 660000, 600000, 60000, 0, 0, 0, %(day)s::date - 50, 110000, 2, '{20,-1,0,3,-2,0}',
    (SELECT jsonb_agg(jsonb_build_object('seq', k, 'due', (%(day)s::date - 200 + 30 * k)::text, 'debit', null,
       'amount', 110000, 'paid', CASE WHEN k < 6 THEN 110000 ELSE 0 END,
       'met_on', CASE WHEN k < 6 THEN (%(day)s::date - 201 + 30 * k)::text END, 'days_late', CASE WHEN k < 6 THEN -1 ELSE 20 END))
     FROM generate_series(1, 12) k)
  FROM casework_customer c;
INSERT INTO casework_case (customer_id, store_id, status, opened_on, close_reason, as_of, strategy, phase, segment, stage,
    treatment, rule, priority, minutes, best_time, hold, reason_zh, reason_en, dpd, bucket, currency, overdue_minor, due_minor,
    next_due, assignee_id, assigned_on, assigned_because_zh, assigned_because_en, last_result, next_action)
  SELECT c.id, c.store_id, 'open', %(day)s::date - 20, '', %(day)s, 'standard@1', 'collection', 'ordinary', 'M1', 'collect', '',
    (random() * 1000000)::int, 6, '13:00-15:00', false, '逾期' || c.id %% 60 || '天，欠 1,100.00 元', 'late', c.id %% 60, 'M1',
    'CNY', 110000, 110000, %(day)s::date + 10, u.id, %(day)s, '', '', '', ''
  FROM casework_customer c JOIN people_user u ON u.username = 'rep' || (replace(c.customer_id, 'C', '')::int %% %(reps)s + 1);
INSERT INTO casework_timelineentry (case_id, at, kind, ref, data)
  SELECT id, now() - k * interval '1 day', (ARRAY['opened', 'allocated', 'note', 'note'])[k], 'bench:' || k,
    jsonb_build_object('text', '第' || k || '条记录', 'as_of', %(day)s)
  FROM casework_case, generate_series(1, 4) k;
INSERT INTO daily_dailyrun (as_of, book, book_version, strategy, strategy_digest, convention, published_at, totals)
  VALUES (%(day)s, 'bench', '1', 'standard@1', '', 'default', now(), '{}');
