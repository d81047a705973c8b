"""The logo and the photos of a structure's page, by the people who speak for it."""

from collections.abc import Sequence
from datetime import datetime
from typing import BinaryIO

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from marketplace.files.contents import IMAGES, examined
from marketplace.files.redrawing import redrawn
from marketplace.files.tables import StoredFile
from marketplace.files.taking_in import forget, take_in
from marketplace.structures.tables import Structure, StructureImage

MOST_PHOTOS = 6
LONGEST_SIDE = 1_600
LONGEST_SIDE_OF_A_LOGO = 400


class TooManyPhotos(Exception):
    """The structure shows as many photos as it may."""


def images_of(session: Session, structure_id: int) -> Sequence[StructureImage]:
    """The logo first, then the photos in the order in which they came."""
    shown = select(StructureImage).where(StructureImage.structure_id == structure_id)
    return session.scalars(
        shown.options(joinedload(StructureImage.file)).order_by(
            StructureImage.is_logo.desc(), StructureImage.file_id
        )
    ).all()


def set_logo(
    session: Session,
    structure_id: int,
    data: BinaryIO,
    filename: str,
    user_id: int,
    now: datetime,
) -> StructureImage:
    """Show this logo in place of the former one. Raises Refused."""
    _lock(session, structure_id)
    file = _redrawn(session, data, filename, LONGEST_SIDE_OF_A_LOGO, user_id, now)
    former = select(StructureImage).where(
        StructureImage.structure_id == structure_id, StructureImage.is_logo
    )
    for image in session.scalars(former).all():
        _take_down(session, image)
    return _show(session, structure_id, file, is_logo=True, alt="")


def add_photo(
    session: Session,
    structure_id: int,
    data: BinaryIO,
    filename: str,
    alt: str,
    user_id: int,
    now: datetime,
) -> StructureImage:
    """Show one more photo; `alt` tells it to those who do not see it.

    Raises Refused, TooManyPhotos.
    """
    _lock(session, structure_id)
    photos = select(func.count()).where(
        StructureImage.structure_id == structure_id, ~StructureImage.is_logo
    )
    if (session.scalar(photos) or 0) >= MOST_PHOTOS:
        raise TooManyPhotos(f"structure {structure_id} has {MOST_PHOTOS} photos")
    file = _redrawn(session, data, filename, LONGEST_SIDE, user_id, now)
    return _show(session, structure_id, file, is_logo=False, alt=alt)


def remove_image(session: Session, structure_id: int, key: str) -> bool:
    """Take an image away and forget it; False when the structure has none of this key."""
    _lock(session, structure_id)
    named = select(StructureImage).join(StructureImage.file)
    image = session.scalars(
        named.where(StructureImage.structure_id == structure_id, StoredFile.key == key)
    ).one_or_none()
    if image is None:
        return False
    _take_down(session, image)
    return True


def _lock(session: Session, structure_id: int) -> None:
    """Two who change the images of a structure come one after the other."""
    session.execute(
        select(Structure.id).where(Structure.id == structure_id).with_for_update(key_share=True)
    )


def _redrawn(
    session: Session, data: BinaryIO, filename: str, side: int, user_id: int, now: datetime
) -> StoredFile:
    examined(data, filename, IMAGES)
    return take_in(session, redrawn(data, side), filename, user_id, now, IMAGES)


def _show(
    session: Session, structure_id: int, file: StoredFile, is_logo: bool, alt: str
) -> StructureImage:
    image = StructureImage(file_id=file.id, structure_id=structure_id, is_logo=is_logo, alt=alt)
    session.add(image)
    session.flush()
    return image


def _take_down(session: Session, image: StructureImage) -> None:
    session.delete(image)
    session.flush()
    forget(session, image.file_id)
