from tracking.recent import Recent


def test_remembers_the_latest():
    memory: Recent[int, str] = Recent(size=2, seconds=60)
    for number in (1, 2, 1, 3):
        memory.put(number, str(number))

    assert [memory.get(number) for number in (1, 2, 3)] == ["1", None, "3"]


def test_forgets_in_time():
    memory: Recent[int, str] = Recent(size=2, seconds=0)
    memory.put(1, "one")

    assert memory.get(1) is None


def test_forgets_all():
    memory: Recent[int, str] = Recent(size=2, seconds=60)
    memory.put(1, "one")
    memory.clear()

    assert memory.get(1) is None
