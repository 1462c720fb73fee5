"""What the user agent of a browser says of the device.

The library's rules tell the system and the model; no rule tells phones from tablets
with Android but the word “Mobile”, which browsers on tablets leave out.
"""

from ua_parser import parse

from customers.models import Device

_Type = Device.Type
_LONGEST = 512
_PHONES = {"iPhone", "iPod", "Generic Smartphone", "Generic Feature Phone"}
_PHONE_SYSTEMS = {"KaiOS", "Windows Phone", "BlackBerry OS", "Firefox OS", "Tizen"}
_DESKTOP_SYSTEMS = {
    "Chrome OS",
    "Debian",
    "Fedora",
    "FreeBSD",
    "Linux",
    "Mac OS X",
    "OpenBSD",
    "Ubuntu",
    "Windows",
}


def is_program(agent: str) -> bool:
    """Tell whether a user agent is that of a program that reads pages by itself."""
    device = parse(agent[:_LONGEST]).device
    return device is not None and device.family == "Spider"


def device_type_of(agent: str) -> str | None:
    """Return the type of the device, or None where the user agent does not tell."""
    agent = agent[:_LONGEST]
    found = parse(agent)
    system = found.os.family if found.os else ""
    device = found.device.family if found.device else ""
    if device in _PHONES or system in _PHONE_SYSTEMS:
        return _Type.PHONE
    if device == "iPad":
        return _Type.TABLET
    if system == "Android":
        return _Type.PHONE if "Mobile" in agent else _Type.TABLET
    return _Type.DESKTOP if system in _DESKTOP_SYSTEMS else None


def settled_type(reported: str, agent: str) -> str:
    """Return the type that holds when a page's script took the device for `reported`.

    The user agent decides where it tells. Only that of an iPad says that it is a Mac:
    then the script, which sees how it is touched, is right.
    """
    said = device_type_of(agent)
    if said == _Type.DESKTOP and reported == _Type.TABLET and "Macintosh" in agent:
        return reported
    return said or reported


def browser_of(agent: str) -> str | None:
    """Name the browser and the system, such as “Firefox · Windows”; None: unknown."""
    found = parse(agent[:_LONGEST])
    known = [part.family for part in (found.user_agent, found.os) if part]
    return " · ".join(known) or None
