"""Checks a folder of exports with the validator of each format. Two arguments: which format, and the folder."""

import json
import sys
from pathlib import Path

check, folder = sys.argv[1], Path(sys.argv[2])
files = sorted(folder.glob(f"*.{check}"))
assert len(files) > 3, "no exports to check"


def croissant(path):
    import mlcroissant

    dataset = mlcroissant.Dataset(jsonld=json.loads(path.read_text()))
    issues = dataset.metadata.issues
    assert not issues.errors, issues.report()
    assert dataset.metadata.name and dataset.metadata.license and dataset.metadata.record_sets[0].fields


def cyclonedx(path):
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(path.read_text())
    assert error is None, error


def spdx(path):
    from spdx_python_model import v3_0_1 as model

    objects = model.SHACLObjectSet()
    with path.open() as stream:
        model.JSONLDDeserializer().read(stream, objects)
    assert not objects.missing_ids, objects.missing_ids
    kinds = {type(one).__name__ for one in objects.objects}
    assert kinds & {"ai_AIPackage", "dataset_DatasetPackage"}, kinds
    with open("/dev/null", "wb") as nowhere:
        model.JSONLDSerializer().write(objects, nowhere)


def huggingface(path):
    from huggingface_hub import DatasetCard, ModelCard

    kind = ModelCard if path.name.startswith("model-") else DatasetCard
    card = kind(path.read_text())
    assert card.data.license and card.data.language, card.data
    assert card.text.strip().startswith("# ")


for path in files:
    try:
        {"croissant": croissant, "cyclonedx": cyclonedx, "spdx": spdx, "huggingface": huggingface}[check](path)
    except Exception as error:
        sys.exit(f"{path.name}: {type(error).__name__}: {str(error)[:1500]}")
