"""Templates that try to read what is not theirs, or to use up the machine.

As a program it fills all of the latter in and prints what that took.
"""

import json
import resource
import time

import django

# What an engine that is given objects lets a template reach.
LEAKS = [
    "{{ user.password }}",
    "{{ user.get_session_auth_hash }}",
    "{{ user.get_session_auth_hash() }}",
    "{{ user.groups.0.members.0.password }}",
    "{{ user.groups[0].members[0].password }}",
    "{{ user.owner }}",
    "{{ user.owner() }}",
    "{{ user.__dict__ }}",
    "{{ user['__dict__'] }}",
    "{{ user.__class__.__mro__ }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ user.owner.__globals__ }}",
    "{{ user.owner.__globals__['CANARY'] }}",
    "{{ user.owner.__globals__.os.environ }}",
    "{{ user|attr('password') }}",
    "{{ user|attr('owner')|attr('__globals__') }}",
    "{{ [user]|map(attribute='password')|join }}",
    "{{ [user]|map(attribute='password')|first }}",
    "{{ [user]|selectattr('password')|map(attribute='password')|list }}",
    "{{ '%s'|format(user.password) }}",
    "{{ '{0.password}'.format(user) }}",
    "{{ '{0.password}'.format_map({'0': user}) }}",
    "{{ settings.SECRET_KEY }}",
    "{{ settings['SECRET_KEY'] }}",
    "{{ customer.settings.SECRET_KEY }}",
    "{% for key in user.__dict__.values() %}{{ key }}{% endfor %}",
    "{% for group in user.groups %}{% for m in group.members %}{{ m.password }}"
    "{% endfor %}{% endfor %}",
    "{% set x = user %}{{ x.password }}",
    "{% with x = user %}{{ x.password }}{% endwith %}",
    "{% with x=user %}{{ x.password }}{% endwith %}",
    "{% macro m(x) %}{{ x.password }}{% endmacro %}{{ m(user) }}",
    "{% block b %}{{ user.password }}{% endblock %}",
    "{% filter upper %}{{ user.password }}{% endfilter %}",
    "{% call(x) user.owner() %}{% endcall %}",
    "{% include '/etc/passwd' %}",
    "{% include '../../../../etc/passwd' %}",
    "{% import 'os' as os %}{{ os.environ }}",
    "{% from 'os' import environ %}{{ environ }}",
    "{% extends '/etc/passwd' %}",
    "{% load static %}{{ user.password }}",
    "{% debug %}",
    "{{ self }}{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context.parent }}",
    "{{ cycler.__init__.__globals__.os.environ }}",
    "{{ joiner.__init__.__globals__ }}",
    "{{ lipsum.__globals__['os'].environ }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ range.__self__ }}",
    "{{ dict.__base__.__subclasses__() }}",
    "{{ request.META }}{{ request.user.password }}",
    "{{ loop.__class__ }}{{ caller }}{{ varargs }}{{ kwargs }}",
    "{% for x in [1] %}{{ loop.__init__.__globals__ }}{% endfor %}",
    "{% for x in [1] %}{{ loop._LoopContext__x }}{{ loop['__class__'] }}{% endfor %}",
    "{{ user.password|safe }}",
    "{% autoescape false %}{{ user.password }}{% endautoescape %}",
    "{{ user|pprint }}",
    "{{ user|tojson }}",
    "{{ user|string }}",
    "{{ user|xmlattr }}",
    "{{ (user.password,)[0] }}",
    "{{ user.password if user.password else '' }}",
    "{{ user.password ~ '' }}",
    "{{ user.password[:5] }}",
]
# Each wants minutes of work or gigabytes of memory.
BOMBS = [
    "{{ 'a' * 1000000000 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ [1] * 1000000000 }}",
    "{{ 'a'|center(1000000000) }}",
    "{{ 'a'|ljust:'1000000000' }}",
    "{{ '%1000000000d'|format(1) }}",
    "{{ 1|stringformat:'01000000000d' }}",
    "{{ 1|round(1000000000) }}",
    "{{ 'a'|indent(1000000000) }}",
    "{% lorem 100000000 w %}",
    "{% for i in range(1000000000) %}x{% endfor %}",
    "{% for i in (1..300000000) %}x{% endfor %}",
    "{% for a in many %}{% for b in many %}{{ b }}{% endfor %}{% endfor %}" * 50,
    "{% for a in many %}{% for b in many %}{% for c in many %}x{% endfor %}{% endfor %}"
    "{% endfor %}",
    "{% for a in many recursive %}{{ loop(many) }}{% endfor %}",
    "{% for a in many %}{% for b in many %}"
    + "{% if a == b %}{% endif %}" * 500
    + "{% endfor %}{% endfor %}",
    "{% for a in many %}"
    + "{% if long|upper == long|lower %}{% endif %}" * 450
    + "{% endfor %}",
    "{{ long|replace('a', long) }}",
    "{{ long|replace('a', long)|replace('a', long)|replace('a', long) }}",
    "{{ 'a'" + "|replace('a', 'aaaaaaaa')" * 1000 + " }}",
    "{{ many|join(long) }}",
    "{{ long }}" * 990,
    "{% if long in long %}" * 1 + "{{ long|urlencode|urlencode|urlencode }}{% endif %}",
    "{% set a = long %}{% for i in many %}{% set a = a ~ a %}{% endfor %}{{ a }}",
    "{{ " + "(" * 20_000 + "1" + ")" * 20_000 + " }}",
    "{{ " + "not " * 20_000 + "1 }}",
    "{{ a" + ".b" * 20_000 + " }}",
    "{{ a" + "|upper" * 20_000 + " }}",
    "{{ 1" + " < 1" * 20_000 + " }}",
    "{{ " + "9" * 100_000 + " }}",
    "{% if a %}" * 990,
    "{% if a %}" * 450 + "{% endif %}" * 450,
    "{{ " * 60_000,
    "{% " + "'a' " * 40_000,
    "{#" * 90_000,
    "<a href='" * 20_000,
    "<!--" * 40_000,
    "<" * 190_000,
    "<div " + "a" * 190_000,
    "<div>" * 39_000,
    "&" * 190_000,
    "<br>\n" * 38_000,
    "<!--[if mso]>x<![endif]-->" * 7_000,
]


def fill_in(template, templating_type):
    """Return what the customer would get, or the sentence that refuses it."""
    # Imported here because as a program it sets Django up first.
    from messaging.templating.compiler import (  # noqa: PLC0415
        Source,
        TemplateProblems,
        compile_message,
    )
    from messaging.templating.context import EXAMPLE_VALUES  # noqa: PLC0415
    from messaging.templating.render import RenderError, render_programs  # noqa: PLC0415

    source = Source(
        subject="x",
        message=template,
        templating_type=templating_type,
        purpose="transactional",
    )
    values = EXAMPLE_VALUES | {"many": ["b"] * 5_000, "long": "a" * 5_000_000}
    try:
        sent = render_programs(compile_message(source).programs, values)
    except (TemplateProblems, RenderError) as refusal:
        return str(refusal)
    return sent.html + sent.text


def measure():
    """Return the CPU seconds of each bomb and by how many bytes memory grew."""
    fill_in("{{ member_first_name }}", "html")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = {}
    sizes = []
    for number, template in enumerate(BOMBS):
        for kind in ("text", "html", "mjml"):
            began = time.thread_time()
            sizes.append(len(fill_in(template, kind)))
            seconds[f"{number} {kind}: {template[:40]}"] = time.thread_time() - began
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "seconds": seconds,
        "memory": (after - before) * 1024,
        "longest": max(sizes),
    }


if __name__ == "__main__":
    django.setup()
    print(json.dumps(measure()))  # noqa: T201
