from tests.browsing import address, browser_type_launch_args, doorman, marketer, visitor

__all__ = ["address", "browser_type_launch_args", "doorman", "marketer", "visitor"]
