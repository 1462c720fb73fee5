from marketing_os.admin import api_keys, schedules, users

__all__ = ["api_keys", "schedules", "users"]
