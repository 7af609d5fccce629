"""Presets read the usual forms of GitOps repositories without a pattern."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from collectors.git import ManifestPatterns
from collectors.git.manifests.application_sets import unread_generators
from collectors.git.manifests.places import application_in, environment_in
from tests.builders.repositories import Repository
from tests.collectors.git.running import run

DIGEST = "sha256:" + "ab" * 32
Names = dict[tuple[str, str], str]


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """An empty repository."""
    return Repository(tmp_path / "fleet")


def named(repo: Repository, preset: str, files: Mapping[str, str], **more: str) -> Names:
    """What a commit of these files deploys."""
    repo.commit(files={path: dedent(text) for path, text in files.items()})
    rows = run(repo.path, manifests=(ManifestPatterns(preset=preset, **more),))["manifest_versions"]
    return {(row["environment"], row["application"]): row["version"] for row in rows}


def test_kustomize_names_each_of_its_images(repo: Repository) -> None:
    """An image is called by the last part of its new name; a tag counts more than a digest."""
    text = f"""
        apiVersion: kustomize.config.k8s.io/v1beta1
        kind: Kustomization
        resources: [../../base]
        images:
        - name: placeholder
          newName: ghcr.io/acme/shop
          newTag: "1.10"
        - name: acme/web
          newTag: main-abcdef12-1767225600 # {{"$imagepolicy": "flux-system:web:tag"}}
        - name: acme/till
          digest: {DIGEST}
        - {{name: acme/desk, newTag: v3, digest: "{DIGEST}"}}
        - name: acme/none
          newName: acme/other
        configMapGenerator:
        - name: not-an-image
    """
    other = {"base/values.yaml": "image: acme/no:v1\n"}
    assert named(repo, "kustomize", {"overlays/prod-eu/kustomization.yaml": text, **other}) == {
        ("prod-eu", "shop"): "1.10",
        ("prod-eu", "web"): "main-abcdef12-1767225600",
        ("prod-eu", "till"): DIGEST,
        ("prod-eu", "desk"): "v3",
    }


def test_kustomize_reads_the_workloads_themselves(repo: Repository) -> None:
    """A tag may stand in the workload of an overlay; what prepares a pod, and an image without a tag, counts not."""
    text = """
        kind: CronJob
        spec:
          jobTemplate:
            spec:
              template:
                spec:
                  initContainers:
                  - image: acme/prepare:v9
                  containers:
                  - name: web
                    image: registry:5000/acme/shop:2d47346
                  - image: acme/untagged
    """
    assert named(repo, "kustomize", {"kustomize/dev/job.yaml": text}) == {("dev", "shop"): "2d47346"}


def test_images_of_one_name_have_their_owners(repo: Repository) -> None:
    """A second image with the same last part is named with what is before it; the setting names what is alone."""
    text = "images:\n- name: acme/shop\n  newTag: v1\n- name: other/shop\n  newTag: v2\n"
    files = {"envs/prod/kustomization.yml": text}
    assert named(repo, "kustomize", files) == {("prod", "shop"): "v1", ("prod", "other/shop"): "v2"}
    assert named(repo, "kustomize", {**files, "x": ""}, application="checkout") == {("prod", "checkout"): "v1"}


def test_path_narrows_a_preset_and_names_more_than_it(repo: Repository) -> None:
    """Groups of `path` win over what folders are taken for; files that it does not match are left out."""
    text = "images:\n- name: acme/shop\n  newTag: v1\n"
    files = {"eu/blue/kustomization.yaml": text, "us/kustomization.yaml": text}
    path = r"^(?P<environment>eu)/(?P<application>\w+)/"
    assert named(repo, "kustomize", files, path=path) == {("eu", "blue"): "v1"}


def test_helm_values_name_tags_in_many_ways(repo: Repository) -> None:
    """A tag belongs to its repository, else to the key or list item around it, else to the folder of the chart."""
    files = {
        "charts/shop/values-production.yaml": "replicas: 2\nimage:\n  tag: v1\n",
        "charts/till/values-prod-eu.yaml": "app:\n  image:\n    tag: t1\n",
        "charts/many/values-staging.yaml": """
            api:
              image:
                repository: ghcr.io/acme/api
                tag: 2.0.1
            web:
              image: {tag: 2.0.2, pullPolicy: Always}
            worker:
              image: ghcr.io/acme/worker:2.0.3
            cronImageTag: 2.0.4
            sidecar:
              tag: not-an-image
        """,
        "staging/apps/values.yaml": """
            apps:
              - name: chat
                image:
                  tag: c1
              - name: search
                imageTag: s1
        """,
    }
    assert named(repo, "helm", files) == {
        ("production", "shop"): "v1",
        ("prod-eu", "till"): "t1",
        ("staging", "api"): "2.0.1",
        ("staging", "web"): "2.0.2",
        ("staging", "worker"): "2.0.3",
        ("staging", "cron"): "2.0.4",
        ("staging", "chat"): "c1",
        ("staging", "search"): "s1",
    }


def test_argocd_names_revisions_and_overrides(repo: Repository) -> None:
    """Overrides of images count more than the revision; a branch is no version; the environment may be its target's."""
    head = "apiVersion: argoproj.io/v1alpha1\nkind: Application\n"
    files = {
        "apps/shop.yaml": head
        + """metadata: {name: shop-production}
spec:
  source:
    repoURL: https://github.com/acme/shop.git
    targetRevision: v1.2.3
    path: deploy
  destination: {namespace: production, server: https://k}
""",
        "apps/staging/web.yaml": head
        + """metadata:
  name: web
spec:
  source:
    repoURL: https://github.com/acme/charts
    targetRevision: HEAD
    helm:
      parameters:
      - name: image.tag
        value: w7
      values: |
        worker:
          image: acme/worker:w8
""",
        "apps/prod/till.yaml": head
        + f"""metadata:
  name: till
spec:
  sources:
  - repoURL: https://github.com/acme/charts
    targetRevision: main
    kustomize:
      images:
      - acme/till=registry:5000/acme/till:t9
      - acme/desk@{DIGEST}
""",
        "apps/prod/none.yaml": "kind: ConfigMap\nmetadata: {name: x}\nspec: {source: {targetRevision: v9}}\n",
    }
    assert named(repo, "argocd", files) == {
        ("production", "shop"): "v1.2.3",
        ("staging", "web"): "w7",
        ("staging", "worker"): "w8",
        ("prod", "till"): "t9",
        ("prod", "desk"): DIGEST,
    }


SET = """
    apiVersion: argoproj.io/v1alpha1
    kind: ApplicationSet
    metadata: {name: all}
    spec:
      goTemplate: true
      generators:
      - list:
          elements:
          - {app: shop, cluster: prod-eu, tag: v1}
          - app: shop
            cluster: staging
            values: {team: a}
            tag: v2
      - git:
          repoURL: https://github.com/acme/fleet
          directories: [{path: apps/*}]
      template:
        metadata: {name: "{{.app}}-{{ .cluster }}"}
        spec:
          source:
            repoURL: https://github.com/acme/charts
            targetRevision: HEAD
            helm:
              parameters:
              - {name: image.tag, value: "{{.tag}}"}
              - {name: worker.image.tag, value: "{{.path.basename}}"}
"""


def test_argocd_reads_what_a_set_lists(repo: Repository) -> None:
    """Each element of a list is an application; what the template has from elsewhere is no version."""
    assert named(repo, "argocd", {"sets/all.yaml": SET}) == {("prod-eu", "shop"): "v1", ("staging", "shop"): "v2"}
    assert unread_generators(dedent(SET)) == ["git"]
    assert unread_generators("kind: ApplicationSet\nspec:\n  generators:\n  - clusters: {}\n") == ["no list"]


def test_flux_names_releases_sources_and_what_policies_set(repo: Repository) -> None:
    """A release has tags in its values or else a chart's exact version; a setter marks an image anywhere."""
    release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
    files = {
        "clusters/production/shop/release.yaml": release
        + f"metadata:\n  name: shop\nspec:\n  values:\n    image:\n      tag: 1.2.3@{DIGEST}\n",
        "clusters/production/podinfo.yaml": release
        + "metadata:\n  name: pod\nspec:\n  chart:\n    spec:\n      chart: podinfo\n      version: 6.1.0\n",
        "clusters/staging/podinfo.yaml": release
        + 'metadata:\n  name: pod\nspec:\n  chart:\n    spec:\n      chart: podinfo\n      version: ">=1.0.0-alpha"\n',
        "clusters/production/web.yaml": """
            kind: Deployment
            spec:
              template:
                spec:
                  containers:
                  - image: ghcr.io/acme/web:main-abc1234-17 # {"$imagepolicy": "flux-system:web"}
                  - image: ghcr.io/acme/proxy:v1
        """,
        "clusters/production/oci.yaml": """
            kind: OCIRepository
            spec:
              url: oci://ghcr.io/acme/manifests/till
              ref:
                tag: 4.5.6
        """,
        "clusters/production/kustomization.yaml": "kind: Kustomization\nimages:\n- name: acme/desk\n  newTag: d1\n",
    }
    assert named(repo, "flux", files) == {
        ("production", "shop"): "1.2.3",
        ("production", "podinfo"): "6.1.0",
        ("production", "web"): "main-abc1234-17",
        ("production", "till"): "4.5.6",
        ("production", "desk"): "d1",
    }


@pytest.mark.parametrize(
    ("path", "environment", "application"),
    [
        ("overlays/eu-blue/kustomization.yaml", "eu-blue", ""),
        ("clusters/production/shop/release.yaml", "production", "shop"),
        ("apps/shop/overlays/prod/kustomization.yaml", "prod", "shop"),
        ("apps/shop/prod-eu/values.yaml", "prod-eu", "shop"),
        ("shop/values-eu-west-1-prod.yaml", "eu-west-1-prod", "shop"),
        ("charts/shop/values.staging.yaml", "staging", "shop"),
        ("charts/shop/demo/values-eks-demo-a.yaml", "eks-demo-a", "shop"),
        ("charts/shop/values-redis.yaml", "", "shop"),
        ("charts/shop/production-values.yaml", "production", "shop"),
        ("apps/base/shop/release.yaml", "", "shop"),
        ("clusters/base/kustomization.yaml", "", ""),
        ("apps/prod.yaml", "prod", ""),
        ("apps/shop-uat.yaml", "uat", ""),
        ("products/delivery/values.yaml", "", "delivery"),
        ("kubernetes/apps/media/helmrelease.yaml", "", "media"),
        ("charts/productsearch/values-testimonials.yaml", "", "productsearch"),
        ("tenants/acme/prod/shop/values.yaml", "prod/acme", "shop"),
        ("shop/overlays/prod/customers/acme/kustomization.yaml", "prod/acme", "shop"),
        ("cells/7/values.yaml", "", ""),
    ],
)
def test_folders_name_environments_and_applications(path: str, environment: str, application: str) -> None:
    """As Kustomize, Flux and Helm lay them out; a word that merely begins like an environment is none."""
    assert (environment_in(path), application_in(path)) == (environment, application)
