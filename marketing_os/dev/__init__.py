"""The launcher: the embedded servers, and `make run`. Knows neither Django nor the apps."""
