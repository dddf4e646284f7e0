"""Customers: erasing one."""

from fastapi import APIRouter

from api.schemas import ErasedOut
from api.service import Running

router = APIRouter(tags=["customers"])


@router.delete("/v1/customers/{customer_id:path}", summary="Erase a customer")
def erase_customer(service: Running, customer_id: str) -> ErasedOut:
    """Every row with this customer_id is gone, with its tags, when the answer comes; batches say `erased` beside `accepted`.

    The words leave the database file within some minutes, when it is written anew at a quiet moment. Backups are not touched.
    """
    return ErasedOut(rows=service.store.erase_customer(customer_id))
