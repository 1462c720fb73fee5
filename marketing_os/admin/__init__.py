from marketing_os.admin import schedules, users

__all__ = ["schedules", "users"]
