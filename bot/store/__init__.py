"""What is kept, for how long, and how it is deleted so that it can be proved."""

from bot.store.database import DueReminder, Store, StoreError
from bot.store.keys import Keys
from bot.store.retention import RETENTION

__all__ = ["RETENTION", "DueReminder", "Keys", "Store", "StoreError"]
