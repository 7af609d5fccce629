-- What pages show beside lead times, made for the changes of `benchmarks/reports.py`. A repository deploys at most once
-- a day; of that a twentieth fails, and of what arrives a thirtieth is mended.
create temp macro part(text, what) as ((hash(text || what) % 1000) / 1000.0);

update lead_times set
    deployment_id = case when outcome = 'production' then strftime(production_at, '%Y-%m-%d') end,
    dora_lead_time_hours = lead_time_hours + 9,
    reviewed_at = code_complete_at + to_microseconds((coalesce(pickup_hours, 0) * 3600000000)::bigint),
    ai_confidence_how = case when built_with_ai = 'none' then '' else 'strong' end,
    ai_confidence_what = case when part(change_id, 'sure') < 0.1 then 'weak' else 'strong' end,
    gate_hours = deploy_hours * part(change_id, 'gate'),
    failed_attempts = case when deploy_hours is not null then (part(change_id, 'failed') < 0.05)::bigint end,
    ci_queue_hours = build_hours * part(change_id, 'queue') / 4,
    ci_rerun_hours = build_hours * part(change_id, 'rerun') / 4;

update parameters set
    code_complete = 'last_commit', in_use_window_days = 90, failure_hours = 720.0, incident_hours = 24.0;

insert into report_times by name
select distinct repo_id, as_of as watermark_at, as_of from lead_times;

insert into repository_settings by name
select distinct
    repo_id, provider, repo, team, 'application' as role, 'records' as deployed_from, false as deployed_from_default,
    repo as application, 'main' as default_branch
from lead_times;

insert into changes by name
select
    change_id, repo_id, '#' || number as change_key, number, sha, title, url, author, 'person' as author_kind,
    code_complete_at, merged_at, as_of
from lead_times;

insert into arrivals by name
select
    repo_id, '#' || number as change_key, deployment_id as production_deployment_id,
    deployment_id as attempt_deployment_id, mapped_by
from lead_times where outcome = 'production';

insert into deployments by name
select
    repo_id, provider, repo, deployment_id, 'records' as source, repo as application, 'production' as environment,
    true as production, deployment_id as version, min(production_at) as created_at, min(production_at) as succeeded_at,
    'success' as state, count(*) as changes,
    case when hash(deployment_id || repo_id) % 50 = 0 then 'rollback' else 'release' end as kind,
    (hash(repo_id || deployment_id) % 20 = 0)::bigint as failed_attempts, false as undatable, 'report' as dated_by,
    '' as problem, 'record of ' || deployment_id as evidence, '' as url, max(as_of) as as_of
from lead_times where outcome = 'production' group by all;

insert into production_deployments by name
select
    repo_id, deployment_id, application, environment, sha, succeeded_at as deployed_at, created_at, true as succeeded,
    kind, changes, 0 as urgent, failed_attempts
from deployments;

insert into failure_signs by name
select
    repo_id, deployment_id, 'rollback' as sign, deployment_id as shown_by, '' as change_key, 'chain' as linked_by,
    deployed_at as began_at, deployed_at + interval 5 hour as recovered_at
from production_deployments where hash(deployment_id || repo_id) % 20 = 0;

insert into repairs by name
select
    repo_id, '#0' as fix_key, '#' || number as change_key, 'fix' as kind, 9 as lines, 0.5 as share,
    production_at + to_hours((hash(number) % 1500)::bigint) as repaired_at
from lead_times where outcome = 'production' and hash(change_id) % 30 = 0;

insert into fixes by name
select
    repo_id, '#0' as change_key, 'fix' as kind, '' as evidence, 'a' as landing_sha, 'b' as base_sha
from report_times;

insert into traced_fixes by name
select repo_id, 'a' as sha, 'b' as base_sha, 'traced' as outcome from report_times;

insert into change_reports by name
select repo_id, '#0' as change_key from report_times;

insert into initiatives by name
select
    repo_id, repo_id as initiative_id, 'Initiative of ' || repo as name, false as found, false as dismissed,
    'named' as reason
from repository_settings order by repo limit 12;

insert into initiative_work by name
select
    l.repo_id as initiative_id, change_id, l.repo_id, repo, '' as because, false as sandboxed, builds_ai, author,
    true as person, first_commit_at as began_at, code_complete_at, merged_at, production_at as arrived_at,
    true as observed, abandoned_at, outcome, true as deployments, true as imports, as_of
from lead_times l join initiatives i on l.repo_id = i.repo_id where builds_ai and hash(change_id) % 20 = 0;

insert into coverage by name
select
    repo_id, provider, repo, 'application' as role, team, 'main' as default_branch, 'records' as deployed_from,
    false as deployed_from_default, as_of as watermark_at, as_of, count(*) as changes, count(*) as code_complete,
    count(*) filter (outcome = 'production') as production, count(*) filter (outcome = 'waiting') as waiting,
    count(*) filter (outcome = 'abandoned') as abandoned, 0 as unknown, 0 as no_deployments,
    count(*) as pull_requests, count(*) as pull_requests_joined, 0 as approximate, 0 as rollbacks, 0 as commits
from lead_times group by all;
