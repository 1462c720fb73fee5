from segments.functions import segment_function


@segment_function("from_the_settings")
def nobody():
    return []
