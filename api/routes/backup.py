"""Backups of the running service, into the one folder that the settings name."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from fastapi import APIRouter

from api.schemas import BackupOut
from api.service import Running
from voc.errors import ConflictError

router = APIRouter(tags=["backup"])


@router.post("/v1/backup", status_code=201, summary="Write a backup into VOC_BACKUP_DIR")
def make_backup(service: Running) -> BackupOut:
    """A copy of all that is stored at this moment, and a manifest beside it; uploads and tagging go on meanwhile.

    `voc restore` puts it back. What is erased later stays in it: keep backups no longer than you may.
    """
    folder = service.settings.backup_dir
    if not folder:
        raise ConflictError(
            "There is no folder for backups: set VOC_BACKUP_DIR and start the service again.",
            code="no_backup_folder",
            field="VOC_BACKUP_DIR",
        )
    name = f"voc-{datetime.now(UTC):%Y%m%dT%H%M%S.%f}.duckdb"
    return BackupOut(file=name, **asdict(service.store.back_up(Path(folder) / name)))
