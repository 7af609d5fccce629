-- manifest_versions: what the files of manifests repositories named, by the patterns of the newest settings
-- grain: one row per manifests repository, step, environment and application
-- key: manifests_repo_id, sha, environment, application
-- columns:
--   manifests_repo_id: the manifests repository
--   sha: commit of the manifests repository
--   path: the file that names the version
--   environment: from the path or the file; empty where neither names it, as in the base of several environments
--   application: from the path or the file
--   version: image tag, digest or commit as written, null where it was removed
--   changed_at: committer date of the step, UTC
--   position: place of the step on the manifests repository's default branch
--   alone: the step changes nothing but versions
with readings as (
    select
        repo_id,
        max(manifests_read_at) as read_at
    from raw_repositories
    group by repo_id
),

numbered as (
    select
        raw_manifest_versions.*,
        row_number() over (
            partition by
                raw_manifest_versions.repo_id,
                raw_manifest_versions.sha,
                raw_manifest_versions.environment,
                raw_manifest_versions.application
            order by
                raw_manifest_versions.collected_at desc,
                coalesce(raw_manifest_versions.version, ''),
                raw_manifest_versions.path
        ) as reading
    from raw_manifest_versions
    left join readings
        on raw_manifest_versions.repo_id = readings.repo_id
    where
        readings.read_at is null
        or raw_manifest_versions.collected_at >= readings.read_at
)

select
    numbered.repo_id as manifests_repo_id,
    numbered.sha,
    numbered.path,
    numbered.environment,
    numbered.application,
    numbered.version,
    numbered.changed_at,
    numbered.position,
    coalesce(numbered.alone, false) as alone
from numbered
inner join commits
    on
        numbered.repo_id = commits.repo_id
        and numbered.sha = commits.sha
where numbered.reading = 1
