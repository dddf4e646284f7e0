"""A filter's tree as a condition in SQL. Values go in as parameters; of the text that someone sent, nothing is in the SQL.

OData's null: equal to itself alone, and neither before nor after anything, so that comparisons are true or false. Functions of
null are null, and `and`, `or` and `not` take it as SQL does.
"""

from typing import Final

from voc.odata.expressions import Call, Comparison, Constant, Expression, Junction, Membership, Negation, Operator
from voc.odata.model import Property

PREFIX: Final = "filter"

_SIGNS: Final[dict[Operator, str]] = {"eq": "=", "ne": "<>", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_CALLS: Final[dict[str, str]] = {
    "contains": "strpos({0}, {1}) > 0",
    "startswith": "starts_with({0}, {1})",
    "endswith": "right({0}, CAST(length({1}) AS INTEGER)) = {1}",
    "tolower": "lower({0})",
    "toupper": "upper({0})",
    "length": "length({0})",
    "year": "extract(year FROM {0})",
    "month": "extract(month FROM {0})",
    "day": "extract(day FROM {0})",
}
_TYPES: Final = {
    "text": "VARCHAR", "whole": "BIGINT", "number": "DOUBLE PRECISION", "flag": "BOOLEAN", "day": "DATE",
    "moment": "TIMESTAMP WITH TIME ZONE", None: "VARCHAR",
}  # fmt: skip


def write_condition(expression: Expression) -> tuple[str, dict[str, object]]:
    """The condition and its parameters, whose names begin with `filter`; it is true, false or null, which is not true."""
    writer = _Writer()
    return writer.write(expression), writer.parameters


class _Writer:
    def __init__(self) -> None:
        self.parameters: dict[str, object] = {}

    def write(self, expression: Expression) -> str:
        """The expression as SQL, in brackets where it has parts."""
        match expression:
            case Property():
                return f"({expression.sql})"
            case Constant():
                return self._constant(expression)
            case Call(name, arguments):
                return f"({_CALLS[name].format(*map(self.write, arguments))})"
            case Comparison(operator, left, right):
                return self._comparison(operator, left, right)
            case Membership(left, options):
                return self._membership(left, options)
            case Junction(operator, parts):
                return f"({f' {operator.upper()} '.join(map(self.write, parts))})"
            case Negation(inner):
                return f"(NOT {self.write(inner)})"

    def _constant(self, constant: Constant) -> str:
        return f"CAST({self._parameter(constant.value)} AS {_TYPES[constant.kind]})"

    def _parameter(self, value: object) -> str:
        name = f"{PREFIX}_{len(self.parameters)}"
        self.parameters[name] = value
        return f"${name}"

    def _comparison(self, operator: Operator, left: Expression, right: Expression) -> str:
        if operator in ("eq", "ne"):
            return self._equality(operator, left, right)
        if _NULL in (left, right):
            return "FALSE"
        first, second = self.write(left), self.write(right)
        known = " AND ".join(
            f"{sql} IS NOT NULL" for sql, of in ((first, left), (second, right)) if not isinstance(of, Constant)
        )
        compared = f"{first} {_SIGNS[operator]} {second}"
        return f"({known} AND {compared})" if known else f"({compared})"

    def _equality(self, operator: Operator, left: Expression, right: Expression) -> str:
        """Of a property and a value in a form that the database can look up, which it cannot with IS NOT DISTINCT FROM.

        Only there a side is written twice: conditions that compare conditions would double at every level.
        """
        if isinstance(left, Constant):
            left, right = right, left
        sql = self.write(left)
        if right == _NULL:
            return f"({sql} IS {'' if operator == 'eq' else 'NOT '}NULL)"
        other = self.write(right)
        if not (isinstance(left, Property) and isinstance(right, Constant)):
            return f"({sql} IS {'NOT ' if operator == 'eq' else ''}DISTINCT FROM {other})"
        return f"({sql} IS NOT NULL AND {sql} = {other})" if operator == "eq" else f"({sql} IS NULL OR {sql} <> {other})"

    def _membership(self, left: Expression, options: tuple[Constant, ...]) -> str:
        sql = self.write(left)
        listed = ", ".join(map(self._constant, (each for each in options if each != _NULL)))
        among = f"({sql} IS NOT NULL AND {sql} IN ({listed}))" if listed else "FALSE"
        return f"({among} OR {sql} IS NULL)" if _NULL in options else among


_NULL: Final = Constant(None, None)
