.PHONY: up test lint check soak
up test lint check soak:
	@python3 run.py $@ $(ARGS)
