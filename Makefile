.PHONY: up test check soak
up test check soak:
	@python3 run.py $@ $(ARGS)
