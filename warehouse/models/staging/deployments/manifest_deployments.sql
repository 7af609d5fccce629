-- manifest_deployments: commits of a manifests repository that changed the version of an application
-- grain: one row per repository that was deployed, environment, application and step
-- key: repo_id, environment, application, sha
-- columns:
--   repo_id: the repository of the application
--   manifests_repo_id: the manifests repository
--   sha: commit of the manifests repository
--   path: the file that names the version
--   environment: from the path
--   application: from the path
--   version: image tag or commit as written, null where it was removed
--   changed_at: committer date of the step, UTC
--   position: place of the step on the manifests repository's default branch
with numbered as (
    select
        raw_manifest_versions.*,
        row_number() over (
            partition by repo_id, sha, environment, application
            order by collected_at desc, coalesce(version, ''), path
        ) as reading
    from raw_manifest_versions
)
select
    repository_settings.repo_id,
    numbered.repo_id as manifests_repo_id,
    numbered.sha,
    numbered.path,
    numbered.environment,
    numbered.application,
    numbered.version,
    numbered.changed_at,
    numbered.position
from numbered
inner join repository_settings
    on
        numbered.repo_id = repository_settings.manifests_repo_id
        and numbered.application = repository_settings.application
inner join commits
    on
        numbered.repo_id = commits.repo_id
        and numbered.sha = commits.sha
where
    numbered.reading = 1
    and repository_settings.deployed_from = 'manifests'
