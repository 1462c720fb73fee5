from marketing_os.admin import api_keys, exports, schedules, users

__all__ = ["api_keys", "exports", "schedules", "users"]
