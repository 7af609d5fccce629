-- manifest_deployments: commits of a manifests repository that changed the version of an application
-- grain: one row per repository that was deployed, manifests repository, environment, application and step
-- key: repo_id, manifests_repo_id, environment, application, sha
-- columns:
--   repo_id: the repository of the application
--   manifests_repo_id: the manifests repository
--   sha: commit of the manifests repository
--   path: the file that names the version
--   environment: from the path or the file; empty where neither names it
--   application: from the path or the file
--   version: image tag, digest or commit as written, null where it was removed
--   changed_at: committer date of the step, UTC
--   position: place of the step on the manifests repository's default branch
with applications as (
    select distinct
        repo_id,
        manifests_repo_id,
        application
    from deployment_rules
    where source = 'manifests'
)

select
    applications.repo_id,
    manifest_versions.manifests_repo_id,
    manifest_versions.sha,
    manifest_versions.path,
    manifest_versions.environment,
    manifest_versions.application,
    manifest_versions.version,
    manifest_versions.changed_at,
    manifest_versions.position
from manifest_versions
inner join applications
    on
        manifest_versions.manifests_repo_id = applications.manifests_repo_id
        and manifest_versions.application = applications.application
left join manifest_bases
    on
        manifest_versions.manifests_repo_id = manifest_bases.manifests_repo_id
        and manifest_versions.path = manifest_bases.path
where
    -- The base of several environments deploys nothing by itself.
    manifest_versions.environment <> ''
    or manifest_bases.path is null
