"""How large a template, its values and its result may grow."""

SOURCE_CHARACTERS = 200_000
ANGLE_BRACKETS = 40_000  # each is looked at by every reader of HTML
COMPILED_CHARACTERS = 600_000
OUTPUT_CHARACTERS = 600_000
TEXT_CHARACTERS = 20_000
LIST_ITEMS = 500
VALUE_DEPTH = 6
NESTING = 20
LOOP_DEPTH = 2
# One step is about one node of the template evaluated once; so many take less than
# half a second.
RENDER_STEPS = 500_000
SUBJECT_CHARACTERS = 255
TAGS = 1_000
ELEMENTS = 5_000
SELECTORS = 20
TAG_CHARACTERS = 1_000
PROBLEMS = 50
