"""How complete an area's year is: who has not reported what was expected, what arrived late, what rests on little."""
