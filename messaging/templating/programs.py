"""Templates as programs: read, checked against the allow-list, bounded, run."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from django.utils.translation import gettext as _
from jinja2 import Template, TemplateSyntaxError, nodes
from jinja2.visitor import NodeTransformer

from messaging.templating import limits
from messaging.templating.filters import SIGNATURES
from messaging.templating.problems import Problem, TemplateProblems
from messaging.templating.runtime import STRAIGHT, BoundedContext, RenderLimit, Route
from messaging.templating.sandbox import (
    COMPARE,
    EACH,
    LINK,
    TESTS,
    MessageEnvironment,
)
from messaging.templating.tracked import PIXEL, TRACK

# From so many characters on, a text between two tags is worth being known again.
LONG = 200
_RESERVED = frozenset(("self", "super", "caller", "varargs", "kwargs"))
_ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Const,
    nodes.Name,
    nodes.If,
    nodes.For,
    nodes.FilterBlock,
    nodes.Filter,
    nodes.Keyword,
    nodes.Test,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Neg,
    nodes.CondExpr,
    nodes.Getattr,
    nodes.Getitem,
    nodes.List,
    nodes.Tuple,
)
_REFUSALS: dict[str, str] = {
    "Call": "A template cannot call anything; leave out the round brackets.",
    "Assign": "“set” is not available in templates.",
    "AssignBlock": "“set” is not available in templates.",
    "Macro": "“macro” is not available in templates.",
    "CallBlock": "“call” is not available in templates.",
    "Include": "“include” is not available in templates.",
    "Import": "“import” is not available in templates.",
    "FromImport": "“import” is not available in templates.",
    "Extends": "“extends” is not available in templates.",
    "Block": "“block” is not available in templates.",
    "With": "“with” is not available in templates.",
    "Concat": "“~” is not available; write the values one after the other.",
    "Slice": "Parts of a text cannot be cut out with “[:]”; use the filter truncate.",
    "Dict": "“{}” is not available inside a tag.",
}


@dataclass(frozen=True)
class Use:
    """A value that a template reads: its path, such as ("customer", "age").

    `expected` says that the author gave a value for those who have none.
    """

    path: tuple[str, ...]
    line: int
    expected: bool = False

    @property
    def name(self) -> str:
        return ".".join(self.path)


@dataclass(frozen=True)
class Program:
    """A template that passed the allow-list, ready to run; `text` if it has no tags."""

    template: Template
    text: str | None = None

    def render(
        self, values: dict[str, Any], route: Route = STRAIGHT
    ) -> tuple[str, ...]:
        """Fill in frozen `values`; RenderLimit when it grows beyond all measure.

        It comes in pieces: a long text between two tags is one, and the same object
        for everybody; all between two such is another.
        """
        if self.text is not None:
            return (self.text,)
        pieces: list[str] = []
        short: list[str] = []
        size = 0
        # A template can set nothing, so its parts may share the values.
        context = cast(BoundedContext, self.template.new_context(values, shared=True))
        context.route = route
        for part in self.template.root_render_func(context):
            size += len(part)
            if size > limits.OUTPUT_CHARACTERS:
                raise RenderLimit
            if len(part) < LONG:
                short.append(part)
                continue
            pieces += ["".join(short), part]
            short.clear()
        return (*pieces, "".join(short))


def read_tree(
    source: str, environment: MessageEnvironment, field: str
) -> nodes.Template:
    """Parse `source` and hold it against the allow-list, or raise TemplateProblems."""
    try:
        tree = environment.parse(source)
        problems = [
            Problem(line, 1, message, field) for line, message in _refusals(tree)
        ]
    except TemplateSyntaxError as error:
        raise TemplateProblems(
            [Problem(error.lineno, 1, _syntax_sentence(error), field)]
        ) from None
    except (RecursionError, MemoryError, ValueError, OverflowError):
        raise _too_deep(field) from None
    if problems:
        raise TemplateProblems(problems[: limits.PROBLEMS])
    return tree


def uses_of(source: str, environment: MessageEnvironment, field: str) -> list[Use]:
    """Return what `source` reads, in the order of its lines."""
    tree = read_tree(source, environment, field)
    return sorted(_uses(tree), key=lambda use: (use.line, use.path))


def read_program(source: str, environment: MessageEnvironment, field: str) -> Program:
    """Return `source` as a program, or raise TemplateProblems with their lines."""
    template = _build(read_tree(source, environment, field), environment, field)
    has_tags = "{" in source or len(source) > limits.OUTPUT_CHARACTERS
    return Program(template, None if has_tags else source)


def _too_deep(field: str) -> TemplateProblems:
    message = _("This is nested too deeply, or holds a number that is too long.")
    return TemplateProblems([Problem(0, 0, message, field)])


def _build(
    tree: nodes.Template, environment: MessageEnvironment, field: str
) -> Template:
    try:
        bounded = _bound(tree)
        bounded.set_environment(environment)
        code = environment.compile(bounded)
        return Template.from_code(environment, code, {})
    except TemplateSyntaxError as error:
        sentence = _syntax_sentence(error)
        raise TemplateProblems([Problem(error.lineno, 1, sentence, field)]) from None
    except (RecursionError, MemoryError, ValueError, OverflowError, SyntaxError):
        raise _too_deep(field) from None


def _syntax_sentence(error: TemplateSyntaxError) -> str:
    message = (error.message or "").strip().rstrip(".")
    return _("This template tag cannot be read: %(reason)s.") % {"reason": message}


def _refusals(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    """Walk the tree without recursion and give each thing that is not allowed."""
    stack: list[tuple[nodes.Node, int, int]] = [(tree, 0, 0)]
    while stack:
        node, depth, loops = stack.pop()
        loops += isinstance(node, nodes.For)
        depth += isinstance(node, (nodes.For, nodes.If))
        message = _refusal(node, depth, loops)
        if message:
            yield node.lineno, message
            continue
        stack.extend((child, depth, loops) for child in node.iter_child_nodes())


def _refusal(node: nodes.Node, depth: int, loops: int) -> str:
    kind = type(node).__name__
    if not isinstance(node, _ALLOWED):
        return _REFUSALS.get(kind) or _("This is not available in templates.")
    if loops > limits.LOOP_DEPTH:
        return _("A loop may stand inside one other loop, not deeper.")
    if depth > limits.NESTING:
        return _("Conditions and loops may be nested %(count)s deep, not deeper.") % {
            "count": limits.NESTING
        }
    check = _CHECKS.get(kind)
    return check(node) if check else ""


def _check_name(node: Any) -> str:
    if node.name in _RESERVED:
        return _("“%(name)s” is not available in templates.") % {"name": node.name}
    return ""


def _check_for(node: Any) -> str:
    if node.recursive:
        return _("A loop cannot be recursive.")
    if not isinstance(node.target, nodes.Name):
        return _("A loop can have one name only, as in “for item in items”.")
    return ""


def _check_filter_block(node: Any) -> str:
    if node.filter.name not in (LINK, TRACK):
        return _("“filter” is not available as a block; write {{ value|filter }}.")
    return ""


def _check_filter(node: Any) -> str:
    if node.name in (LINK, TRACK, PIXEL):
        return ""
    signature = SIGNATURES.get(node.name)
    if signature is None:
        known = ", ".join(sorted(SIGNATURES))
        return _("There is no filter “%(name)s”. There are: %(known)s.") % {
            "name": node.name,
            "known": known,
        }
    if node.dyn_args or node.dyn_kwargs:
        return _("A filter takes its values one by one.")
    try:
        options = {keyword.key: None for keyword in node.kwargs}
        inspect.signature(signature).bind(
            None, *(None for _arg in node.args), **options
        )
    except TypeError:
        return _("The filter “%(name)s” does not take these values.") % {
            "name": node.name
        }
    return ""


def _check_test(node: Any) -> str:
    if node.name not in TESTS or node.args or node.kwargs:
        return _("After “is” only defined, undefined and none are known.")
    return ""


_CHECKS: dict[str, Callable[[Any], str]] = {
    "Name": _check_name,
    "For": _check_for,
    "FilterBlock": _check_filter_block,
    "Filter": _check_filter,
    "Test": _check_test,
}


def _uses(tree: nodes.Template) -> Iterator[Use]:
    """Give the paths of values that the tree reads, without a loop's own names."""
    stack: list[tuple[nodes.Node, frozenset[str]]] = [(tree, frozenset())]
    defaulted = {id(node) for node in _given_a_default(tree)}
    while stack:
        node, own = stack.pop()
        path = _path(node)
        if path is not None:
            if path[0] not in own:
                yield Use(path, node.lineno, id(node) in defaulted)
            stack.extend((child, own) for child in _dynamic_keys(node))
        elif isinstance(node, nodes.For) and isinstance(node.target, nodes.Name):
            stack.append((node.iter, own))
            inside = own | {node.target.name, "loop"}
            bodies = [*node.body, *node.else_, *([node.test] if node.test else [])]
            stack.extend((child, inside) for child in bodies)
        else:
            stack.extend((child, own) for child in node.iter_child_nodes())


def _given_a_default(tree: nodes.Template) -> Iterator[nodes.Node]:
    """Give what has a fallback, or is only asked whether it is there."""
    for call in tree.find_all(nodes.Filter):
        if call.name == "default" and call.node is not None:
            yield call.node
    for test in tree.find_all(nodes.Test):
        yield test.node
    for branch in tree.find_all(nodes.If):
        yield branch.test


def _path(node: nodes.Node) -> tuple[str, ...] | None:
    """Return ("customer", "age") for customer.age and customer['age']."""
    keys: list[str] = []
    while isinstance(node, (nodes.Getattr, nodes.Getitem)):
        if isinstance(node, nodes.Getattr):
            keys.append(node.attr)
        elif isinstance(node.arg, nodes.Const):
            keys.append(str(node.arg.value))
        else:
            keys.clear()
        node = node.node
    if not isinstance(node, nodes.Name):
        return None
    return (node.name, *reversed(keys))


def _dynamic_keys(node: nodes.Node) -> Iterator[nodes.Node]:
    while isinstance(node, (nodes.Getattr, nodes.Getitem)):
        if isinstance(node, nodes.Getitem) and not isinstance(node.arg, nodes.Const):
            yield node.arg
        node = node.node


def _bound(tree: nodes.Template) -> nodes.Template:
    """Send every loop and comparison through our own functions."""
    for loop in list(tree.find_all(nodes.For)):
        weight = sum(1 for _node in loop.find_all(nodes.Node))
        loop.iter = _call(EACH, cast(nodes.Expr, loop.iter), nodes.Const(weight))
    _Comparisons().visit(tree)
    return tree


class _Comparisons(NodeTransformer):
    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        left = node.expr
        result: nodes.Expr | None = None
        for operand in node.ops:
            step = _call(COMPARE, left, nodes.Const(operand.op), operand.expr)
            result = step if result is None else nodes.And(result, step)
            left = operand.expr
        return result or node


def _call(name: str, value: nodes.Expr, *arguments: nodes.Expr) -> nodes.Filter:
    call = nodes.Filter(value, name, list(arguments), [], None, None)
    call.set_lineno(value.lineno)
    return call
